#include <sluice/pipeline/executor.hpp> // IWYU pragma: associated
