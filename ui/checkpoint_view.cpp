#include "ui/checkpoint_view.h"
