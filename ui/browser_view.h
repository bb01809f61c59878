#pragma once

#include <utility>

#include <QWidget>

#include "ui/background.h"

class QLabel;
class QStackedWidget;
class QTabWidget;

namespace awb {

class LabBridge;
class ViewHeader;

/// What the browsers of checkpoints and data sets are: a header above tabs, or a sentence in their place. What is looked at
/// is read on a worker; the window never waits. When its entry in the library changes or goes, the page follows.
class BrowserView : public QWidget {
    Q_OBJECT

public:
    bool isEmpty() const { return m_wanted.isEmpty(); } ///< nothing has been asked for yet

signals:
    void loaded(); ///< what was asked for is on screen (or its error is)

protected:
    /// The widgets are named PREFIXMessage, PREFIXTabs and as ViewHeader says. `invitation` is shown until something is.
    BrowserView(LabBridge &bridge, const char *prefix, const QString &invitation, QWidget *parent);

    /// Calls `fill` with what `read` returns on a worker, unless `key` is on screen already or another wish came meanwhile.
    /// `key` says what is read and how: it differs when something else would be on screen.
    template <class Read, class Fill>
    void load(const QString &name, const QString &key, Read read, Fill fill);
    void fail(const QString &sentence);
    void invite(); ///< as before anything was shown
    /// True for what is on screen, being read, or could not be read.
    bool isWanted(const QString &key) const { return key == m_wanted; }
    /// Compares what is wanted, which is something, with the store, and loads what differs.
    virtual void lookAgain() = 0;
    void lookAgainWhenSeen();
    void showEvent(QShowEvent *event) override;
    /// Scrolled where the window is too small for it.
    void addPage(QWidget *page, const QString &title);

    ViewHeader *m_header;

private:
    void showMessage(const QString &sentence);
    void showContent();

    QTabWidget *m_tabs;
    QStackedWidget *m_pages;
    QLabel *m_message;
    const QString m_invitation;
    QString m_wanted;     ///< key of the latest wish
    QString m_shown;      ///< key of what is on screen
    int m_generation = 0; ///< results for an earlier wish are dropped
    bool m_stale = false; ///< the store has changed while the page was not seen
};

template <class Read, class Fill>
void BrowserView::load(const QString &name, const QString &key, Read read, Fill fill)
{
    const int generation = ++m_generation;
    m_wanted = key;
    if (key == m_shown)
        return showContent();
    showMessage(tr("Reading %1 …").arg(name));
    inBackground(this, std::move(read), [this, generation, key, fill = std::move(fill)](auto outcome) {
        if (generation != m_generation)
            return;
        if (!outcome.error.isEmpty()) {
            fail(outcome.error);
            m_wanted = key; // read again when it has changed
            return;
        }
        m_shown = key;
        fill(std::move(outcome.value));
        showContent();
    });
}

} // namespace awb
