#include "ui/dialogs.h"
