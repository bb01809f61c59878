#pragma once

#include <utility>

#include <QWidget>

#include "ui/background.h"

class QLabel;
class QStackedWidget;
class QTabWidget;

namespace awb {

class ViewHeader;

/// What the browsers of checkpoints and data sets are: a header above tabs, or a sentence in their place. What is looked at
/// is read on a worker; the window never waits.
class BrowserView : public QWidget {
    Q_OBJECT

signals:
    void loaded(); ///< what was asked for is on screen (or its error is)

protected:
    /// The widgets are named PREFIXMessage, PREFIXTabs and as ViewHeader says. `invitation` is shown until something is.
    BrowserView(const char *prefix, const QString &invitation, QWidget *parent);

    /// Calls `fill` with what `read` returns on a worker, unless `key` is on screen already or another wish came meanwhile.
    template <class Read, class Fill>
    void load(const QString &name, const QString &key, Read read, Fill fill);
    void fail(const QString &sentence);
    /// Scrolled where the window is too small for it.
    void addPage(QWidget *page, const QString &title);

    ViewHeader *m_header;

private:
    void showMessage(const QString &sentence);
    void showContent();

    QTabWidget *m_tabs;
    QStackedWidget *m_pages;
    QLabel *m_message;
    QString m_shown;      ///< key of what is on screen
    int m_generation = 0; ///< results for an earlier wish are dropped
};

template <class Read, class Fill>
void BrowserView::load(const QString &name, const QString &key, Read read, Fill fill)
{
    const int generation = ++m_generation;
    if (key == m_shown)
        return showContent();
    showMessage(tr("Reading %1 …").arg(name));
    inBackground(this, std::move(read), [this, generation, key, fill = std::move(fill)](auto outcome) {
        if (generation != m_generation)
            return;
        if (!outcome.error.isEmpty())
            return fail(outcome.error);
        m_shown = key;
        fill(std::move(outcome.value));
        showContent();
    });
}

} // namespace awb
