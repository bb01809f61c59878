#include "core/train/methods.h"
