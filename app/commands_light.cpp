#include "app/commands.h"

namespace awb {

void addCommands(CLI::App &app, Context &context)
{
    addParamsCommand(app, context);
    addCheckpointsCommand(app, context);
    addDatasetsCommand(app, context);
    addRunsCommand(app, context);
}

} // namespace awb
