#pragma once

#include <QTableWidget>

#include "ui/import_check.h"

namespace awb {

/// The first rows of a file, the imported columns in front.
class ImportPreview : public QTableWidget {
    Q_OBJECT

public:
    explicit ImportPreview(QWidget *parent = nullptr);

    void fill(const ImportCheck &check, const DataFile &file);
};

} // namespace awb
