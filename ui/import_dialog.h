#pragma once

#include <functional>
#include <memory>

#include <QDialog>

#include "core/data/dataset.h"

namespace awb {

/// Import of any data file with a live preview: guesses format, columns and labels; delimiter, quoting, header, text and
/// label columns can be changed; labels merged, renamed, dropped; the split and the metrics set. The file is read on a
/// worker after every change.
class ImportDialog : public QDialog {
    Q_OBJECT

public:
    /// Starts from guessManifest(), which reads the file and so is for a worker.
    explicit ImportDialog(const Manifest &guess, QWidget *parent = nullptr);
    ~ImportDialog() override;
    void setEditing(); ///< words for a data set that is in the library already and is to be read otherwise

    Manifest manifest() const; ///< as shown now, completed; counts when the dialog was accepted
    /// What keeps the manifest when the user imports; false: the dialog stays open. So it does with an error, which is
    /// shown.
    void setKeep(std::function<bool(const Manifest &)> keep);

public slots:
    void accept() override;

signals:
    void checked(); ///< preview and counts belong to the settings shown

private:
    struct Ui;
    std::unique_ptr<Ui> m_ui;
};

} // namespace awb
