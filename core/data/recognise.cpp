#include "core/data/recognise.h"
