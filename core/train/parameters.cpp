#include "core/train/parameters.h"
