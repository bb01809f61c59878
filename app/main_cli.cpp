#include "app/command_line.h"

// awb-engine: every command, with LibTorch and, where the figures are built, Qt. Called through `awb`.
int main(int argc, char **argv)
{
    return awb::runCommandLine(argc, argv);
}
