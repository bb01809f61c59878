#pragma once

class QWidget;

namespace awb {

class LabBridge;
struct Study;

/// Results that leave and come home. Each asks for a file or folder, works in the background, and says what came of it.
namespace library_exchange {

void exportStudy(QWidget &window, LabBridge &bridge, const Study &study);
void importStudy(QWidget &window, LabBridge &bridge);
void mergeLibrary(QWidget &window, LabBridge &bridge);

} // namespace library_exchange
} // namespace awb
