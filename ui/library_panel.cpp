#include "ui/library_panel.h"
