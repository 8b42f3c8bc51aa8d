#include <sluice/pipeline/subscription.hpp> // IWYU pragma: associated
