#include "core/data/inspect.h"
