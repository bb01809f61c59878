#include "core/store/sample_library.h"
