#include "core/store/run_training.h"
