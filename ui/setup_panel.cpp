#include "ui/setup_panel.h"
