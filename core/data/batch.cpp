#include "core/data/batch.h"
