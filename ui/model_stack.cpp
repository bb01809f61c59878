#include "ui/model_stack.h"
