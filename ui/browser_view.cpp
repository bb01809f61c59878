#include "ui/browser_view.h"

#include <QLabel>
#include <QScrollArea>
#include <QStackedWidget>
#include <QTabWidget>
#include <QVBoxLayout>

#include "ui/lab_bridge.h"
#include "ui/view_parts.h"

namespace awb {

BrowserView::BrowserView(LabBridge &bridge, const char *prefix, const QString &invitation, QWidget *parent)
    : QWidget(parent), m_header(new ViewHeader(prefix)), m_tabs(new QTabWidget), m_pages(new QStackedWidget(this)),
      m_message(makeMessage(QLatin1String(prefix) + QLatin1String("Message"), invitation)), m_invitation(invitation)
{
    setObjectName(QLatin1String(prefix) + QLatin1String("View"));
    m_tabs->setObjectName(QLatin1String(prefix) + QLatin1String("Tabs"));
    m_tabs->setDocumentMode(true);
    auto *content = new QWidget;
    auto *contentLayout = new QVBoxLayout(content);
    contentLayout->setContentsMargins(0, 0, 0, 0);
    contentLayout->addWidget(m_header);
    contentLayout->addWidget(m_tabs, 1);
    m_pages->addWidget(m_message);
    m_pages->addWidget(content);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_pages);
    connect(&bridge, &LabBridge::changed, this, &BrowserView::lookAgainWhenSeen);
}

void BrowserView::addPage(QWidget *page, const QString &title)
{
    auto *area = new QScrollArea;
    area->setFrameShape(QFrame::NoFrame);
    area->setFocusPolicy(Qt::NoFocus);
    area->setWidgetResizable(true);
    area->setWidget(page);
    m_tabs->addTab(area, title);
}

void BrowserView::fail(const QString &sentence)
{
    ++m_generation;
    m_wanted.clear();
    m_shown.clear();
    showMessage(sentence);
    emit loaded();
}

void BrowserView::invite()
{
    ++m_generation;
    m_wanted.clear();
    m_shown.clear();
    showMessage(m_invitation);
}

void BrowserView::lookAgainWhenSeen()
{
    m_stale = !isVisible();
    if (m_stale || m_wanted.isEmpty())
        return;
    try {
        lookAgain();
    } catch (const std::exception &) {
        // The library panel says what is wrong with the store; what was read stays on screen.
    }
}

void BrowserView::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    if (m_stale)
        lookAgainWhenSeen();
}

void BrowserView::showMessage(const QString &sentence)
{
    m_message->setText(sentence);
    m_pages->setCurrentIndex(0);
}

void BrowserView::showContent()
{
    m_pages->setCurrentIndex(1);
    emit loaded();
}

} // namespace awb
