#include "ui/tensor_model.h"
