#include <sluice/pipeline/stage.hpp> // IWYU pragma: associated
