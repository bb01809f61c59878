#include "ui/runs_panel.h"
