#include "ui/figure_export.h"
