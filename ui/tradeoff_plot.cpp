#include "ui/tradeoff_plot.h"
