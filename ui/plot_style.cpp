#include "ui/plot_style.h"
