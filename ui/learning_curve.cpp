#include "ui/learning_curve.h"
