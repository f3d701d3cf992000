"""Addresses of the enterprise's portal."""

from django.urls import path

from jigong.portals.enterprise.views import home, money, notices, papers, people, reports

app_name = "enterprise"
urlpatterns = [
    path("", home.home, name="home"),
    path("firm", home.choose, name="choose"),
    path("expiring", papers.expiring, name="expiring"),
    path("messages/", notices.messages, name="messages"),
    path("messages/read", notices.messages_read, name="messages_read"),
    path("people/", people.people, name="people"),
    path("people/find", people.find, name="find"),
    path("people/invite", people.invite_people, name="invite"),
    path("people.xlsx", people.people_file, name="people_file"),
    path("people/<int:pk>/", people.person, name="person"),
    path("benefits/", people.benefits, name="benefits"),
    path("benefits.xlsx", people.benefits_file, name="benefits_file"),
    path("papers/", papers.papers, name="papers"),
    path("papers.xlsx", papers.papers_file, name="papers_file"),
    path("money/", money.money, name="money"),
    path("money/confirm", money.confirm_many, name="confirm"),
    path("money/<int:pk>/", money.one, name="due"),
    path("money/<int:pk>/why", money.reasons, name="reasons"),
    path("money/recoveries/<int:pk>/statement", money.state, name="state"),
    path("money/bank", money.bank, name="bank"),
    path("money.xlsx", money.money_file, name="money_file"),
    path("reports/", reports.reports, name="reports"),
    path("reports/<str:data_class>/form", reports.form, name="form"),
    path("reports/<str:data_class>/template.xlsx", reports.template, name="template"),
    path("reports/<int:pk>/", reports.report, name="report"),
    path("reports/<int:pk>/confirm", reports.confirm_report, name="confirm_report"),
    path("reports/<int:pk>/discard", reports.discard_report, name="discard_report"),
    path("reports/<int:pk>/faults.xlsx", reports.faults_file, name="faults_file"),
]
