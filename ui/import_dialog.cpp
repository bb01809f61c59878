#include "ui/import_dialog.h"
