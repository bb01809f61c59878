#include "app/commands.h"

namespace awb {

void addCommands(CLI::App &app, Context &context)
{
    addFetchCommand(app, context);
    addCheckpointsCommand(app, context);
    addDatasetsCommand(app, context);
    addParamsCommand(app, context);
    addTrainCommand(app, context);
    addWorkCommand(app, context);
    addRunsCommand(app, context);
    addStudyCommand(app, context);
    addMergeCommand(app, context);
    addFigureCommand(app, context);
    addAblationCommand(app, context);
    addPredictCommand(app, context);
    addDevicesCommand(app, context);
    addBenchCommand(app, context);
}

} // namespace awb
