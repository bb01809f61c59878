#include "ui/rows_model.h"
