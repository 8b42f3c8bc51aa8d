#include <sluice/pipeline/pipeline.hpp> // IWYU pragma: associated
