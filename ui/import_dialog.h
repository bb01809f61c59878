#pragma once

#include <memory>

#include <QDialog>

#include "core/data/dataset.h"

namespace awb {

/// Import of any data file with a live preview: guesses format, columns and labels; delimiter, quoting, header, text and
/// label columns can be changed; labels merged, renamed, dropped. The file is read on a worker after every change.
class ImportDialog : public QDialog {
    Q_OBJECT

public:
    /// Starts from recognise() or guessManifest(). Throws Error when the file cannot be read at all.
    explicit ImportDialog(const QString &file, QWidget *parent = nullptr);
    /// Starts from a guess that was made elsewhere.
    explicit ImportDialog(const Manifest &guess, QWidget *parent = nullptr);
    ~ImportDialog() override;

    /// The first of the above two, for a worker: recognise() where it gives a single file, else guessManifest().
    static Manifest guess(const QString &file);

    Manifest manifest() const; ///< as shown now, completed; counts when the dialog was accepted

signals:
    void checked(); ///< preview and counts belong to the settings shown

private:
    struct Ui;
    std::unique_ptr<Ui> m_ui;
};

} // namespace awb
