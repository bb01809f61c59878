#include "core/train/train.h"
