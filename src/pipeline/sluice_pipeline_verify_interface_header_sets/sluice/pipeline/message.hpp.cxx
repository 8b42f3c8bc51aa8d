#include <sluice/pipeline/message.hpp> // IWYU pragma: associated
