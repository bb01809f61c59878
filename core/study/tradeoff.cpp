#include "core/study/tradeoff.h"
