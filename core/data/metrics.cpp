#include "core/data/metrics.h"
