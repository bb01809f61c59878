#pragma once

class QWidget;

namespace awb {

class LabBridge;
struct Study;

/// What is done to the runs of a study only after the user was asked; an error is shown over `window`.
namespace study_commands {

/// Cancels what waits or is being computed.
void cancelRest(QWidget &window, LabBridge &bridge, const Study &study);
/// Forgets a stored study; its finished runs stay without its name.
void remove(QWidget &window, LabBridge &bridge, const Study &study);

} // namespace study_commands
} // namespace awb
