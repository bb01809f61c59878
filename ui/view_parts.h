#pragma once

#include <QList>
#include <QStringList>
#include <QWidget>

class QAbstractItemView;
class QLabel;
class QTableView;
class QTableWidget;

/// Pieces that the browsers of checkpoints and data sets share.
namespace awb {

/// Title, one sentence and notes at the top of a browser.
class ViewHeader : public QWidget {
    Q_OBJECT

public:
    /// The labels are named PREFIXTitle, PREFIXSentence and PREFIXNotes.
    explicit ViewHeader(const char *prefix, QWidget *parent = nullptr);
    void setTitle(const QString &title);
    void setSentence(const QString &sentence);
    void setNotes(const QStringList &sentences); ///< one a line

private:
    QLabel *m_title, *m_sentence, *m_notes;
};

/// A sentence in the middle of an otherwise empty page; plain text.
QLabel *makeMessage(const QString &objectName, const QString &sentence);
/// A table of whole rows to read, sort order as given, Tab leaves it.
QTableView *makeTable(const char *objectName, const QString &accessibleName);
void setUpTable(QTableView &table, const char *objectName, const QString &accessibleName);
/// Fills a small table of words; `numbers` are the columns aligned to the right.
void fillTable(QTableWidget &table, const QStringList &columns, const QList<QStringList> &rows, const QList<int> &numbers);
/// Enter begins to edit the current cell, where Qt's tables leave it to the dialog's default button.
void editWithEnter(QAbstractItemView &table);
/// Colours a sentence as a failure, or as `colors` has it.
void colorSentence(QLabel &label, QPalette colors, bool good);
/// `inner` with the margins of a page.
QWidget *padded(QWidget *inner);

} // namespace awb
