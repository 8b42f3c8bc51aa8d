#include <sluice/pipeline/publisher.hpp> // IWYU pragma: associated
