#include "ui/dataset_view.h"
