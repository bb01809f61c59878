#pragma once

#include <optional>

#include <QDialog>
#include <QString>

#include "core/study/study.h"
#include "ui/device_choice.h"

class QComboBox;
class QDialogButtonBox;
class QLabel;
class QLineEdit;
class QListWidget;
class QSpinBox;

namespace awb {

class LabBridge;
class StudyArmsTable;
class StudyRecipe;

/// Editor of a study: its tasks, methods and what they are swept over, seeds, and how scores are chosen, with the number of
/// runs, the expected time and the differences from the paper. The same as a JSON file can be opened and saved.
class StudyDialog : public QDialog {
    Q_OBJECT

public:
    /// Starts from `start`; one that comes with the program gets a name of its own.
    StudyDialog(LabBridge &bridge, const Study &start, const DeviceChoices &devices = {}, QWidget *parent = nullptr);

    /// As shown. Throws Error saying what is missing or not understood.
    Study study() const;

public slots:
    /// Saves the study in the library, and closes when that is done. Asks before it takes the place of a stored study that
    /// is not the one opened here.
    void accept() override;

signals:
    void saved(const QString &name);

private:
    QWidget *makeTop();
    QWidget *makeMethods();
    QWidget *makeBottom();
    void setStudy(const Study &study);
    void refresh();
    void say(const QString &words, bool good);
    void openFile();
    void saveFile();
    std::string ownName(const Study &study) const;

    LabBridge &m_bridge;
    Study m_start;                ///< keeps what the window does not show
    std::optional<Study> m_known; ///< what its name stands for in the library as far as the user has seen
    QLineEdit *m_name, *m_title, *m_seeds;
    QComboBox *m_checkpoint, *m_precision, *m_epochChoice, *m_seedChoice, *m_counting;
    QListWidget *m_tasks;
    StudyArmsTable *m_arms;
    StudyRecipe *m_recipe;
    QSpinBox *m_epochs;
    QLabel *m_summary;
    QDialogButtonBox *m_buttons;
};

} // namespace awb
