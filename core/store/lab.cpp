#include "core/store/lab.h"
