#include "core/model/checkpoint.h"
