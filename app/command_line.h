#pragma once

namespace awb {

/// Parses the command line, runs the command and returns the exit status: 0, 1 (failed) or 2 (usage). The one place of
/// the command line that catches.
int runCommandLine(int argc, char **argv);

} // namespace awb
