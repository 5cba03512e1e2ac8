"""How columns read in tables and forms: German names, words for codes, dates as in Germany."""

from qgis.core import (
    QgsAttributeEditorContainer,
    QgsAttributeEditorField,
    QgsEditFormConfig,
    QgsEditorWidgetSetup,
)

PREFIX = "sozialbericht_"
"""Before the layer ids of the finished project."""

# Named for every column: for those without one QGIS Desktop asks the database twice when it opens the project,
# thousands of questions in all.
PLAIN = QgsEditorWidgetSetup("TextEdit", {})
DATE = QgsEditorWidgetSetup(
    "DateTime",
    {
        "allow_null": True,
        "calendar_popup": True,
        "display_format": "dd.MM.yyyy",
        "field_format": "yyyy-MM-dd",
        "field_iso_format": False,
    },
)


def configure(layer, described):
    """Aliases, value maps and date formats of the layer's fields; columns of machinery leave the attribute table."""
    for index, column in enumerate(layer.fields()):
        name = column.name()
        if alias := described["aliases"].get(name):
            layer.setFieldAlias(index, alias)
        if words := described["values"].get(name):
            # A list keeps the order; the texts are what people see.
            setup = QgsEditorWidgetSetup("ValueMap", {"map": [{text: code} for code, text in words.items()]})
            layer.setEditorWidgetSetup(index, setup)
        elif known := described["looked_up"].get(name):
            target, key, value = known
            settings = {"Layer": PREFIX + target, "Key": key, "Value": value, "AllowNull": True, "OrderByValue": False}
            layer.setEditorWidgetSetup(index, QgsEditorWidgetSetup("ValueRelation", settings))
        elif name in described["dates"]:
            layer.setEditorWidgetSetup(index, DATE)
        else:
            layer.setEditorWidgetSetup(index, PLAIN)
    table = layer.attributeTableConfig()
    table.update(layer.fields())
    columns = table.columns()
    for column in columns:
        column.hidden = column.name in described["hidden"]
    table.setColumns(columns)
    layer.setAttributeTableConfig(table)
    if described["tabs"]:
        _tabs(layer, described["tabs"])


def _tabs(layer, tabs):
    """A form with a tab for each of these groups of columns."""
    form = layer.editFormConfig()
    form.clearTabs()
    root = form.invisibleRootContainer()
    for title, names in tabs:
        tab = QgsAttributeEditorContainer(title, root)
        tab.setIsGroupBox(False)
        for name in names:
            index = layer.fields().lookupField(name)
            if index >= 0:
                tab.addChildElement(QgsAttributeEditorField(name, index, tab))
        form.addTab(tab)
    form.setLayout(QgsEditFormConfig.TabLayout)
    layer.setEditFormConfig(form)
