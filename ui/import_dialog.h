#pragma once

#include <memory>

#include <QDialog>

#include "core/data/dataset.h"

namespace awb {

/// Import of any data file with a live preview: guesses format, columns and labels; delimiter, quoting, header, text and
/// label columns can be changed; labels merged, renamed, dropped.
class ImportDialog : public QDialog
{
    Q_OBJECT

public:
    /// Starts from recognise() or guessManifest(). Throws Error when the file cannot be read at all.
    explicit ImportDialog(const QString &file, QWidget *parent = nullptr);
    ~ImportDialog() override;

    Manifest manifest() const; ///< as shown now, completed

private:
    struct Ui;
    std::unique_ptr<Ui> m_ui;
};

} // namespace awb
