<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis labelsEnabled="1" styleCategories="Symbology|Labeling|MapTips" version="3.22.16-Białowieża">
<renderer-v2 type="RuleRenderer">
<rules key="wurzel">
<rule key="titel" label="Gebietstypen (Beschreibung im Kartentipp)">
<rule filter="&quot;typ&quot; = 1" key="typ01_typ_1" label="Typ 1" symbol="0" />
<rule filter="&quot;typ&quot; = 2" key="typ01_typ_2" label="Typ 2" symbol="1" />
<rule filter="&quot;typ&quot; = 3" key="typ01_typ_3" label="Typ 3" symbol="2" />
<rule filter="&quot;typ&quot; = 4" key="typ01_typ_4" label="Typ 4" symbol="3" />
<rule filter="&quot;typ&quot; = 5" key="typ01_typ_5" label="Typ 5" symbol="4" />
<rule filter="&quot;typ&quot; = 6" key="typ01_typ_6" label="Typ 6" symbol="5" />
<rule filter="&quot;typ&quot; IS NOT NULL AND NOT &quot;gesichert&quot;" key="typ01_nicht_gesichert" label="Zuordnung nicht gesichert" symbol="6" />
<rule filter="&quot;status&quot; = 'geheim'" key="typ01_geheim" label="geheim gehalten" symbol="7" />
<rule filter="&quot;status&quot; = 'nicht_vergleichbar'" key="typ01_nicht_vergleichbar" label="nicht vergleichbar" symbol="8" />
<rule filter="ELSE" key="typ01_keine_angabe" label="keine Angabe" symbol="9" />
</rule>
</rules>
<symbols>
<symbol name="0" type="fill">
<layer class="SimpleFill">
<Option type="Map">
<Option name="color" type="QString" value="127,179,217,255" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="outline_color" type="QString" value="61,61,61,255" />
</Option>
</layer>
</symbol>
<symbol name="1" type="fill">
<layer class="SimpleFill">
<Option type="Map">
<Option name="color" type="QString" value="236,202,119,255" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="outline_color" type="QString" value="61,61,61,255" />
</Option>
</layer>
</symbol>
<symbol name="2" type="fill">
<layer class="SimpleFill">
<Option type="Map">
<Option name="color" type="QString" value="63,95,153,255" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="outline_color" type="QString" value="255,255,255,255" />
</Option>
</layer>
</symbol>
<symbol name="3" type="fill">
<layer class="SimpleFill">
<Option type="Map">
<Option name="color" type="QString" value="201,143,93,255" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="outline_color" type="QString" value="61,61,61,255" />
</Option>
</layer>
</symbol>
<symbol name="4" type="fill">
<layer class="SimpleFill">
<Option type="Map">
<Option name="color" type="QString" value="207,227,180,255" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="outline_color" type="QString" value="61,61,61,255" />
</Option>
</layer>
</symbol>
<symbol name="5" type="fill">
<layer class="SimpleFill">
<Option type="Map">
<Option name="color" type="QString" value="122,79,125,255" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="outline_color" type="QString" value="255,255,255,255" />
</Option>
</layer>
</symbol>
<symbol name="6" type="fill">
<layer class="SimpleFill">
<Option type="Map">
<Option name="color" type="QString" value="0,0,255,255" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="outline_color" type="QString" value="61,61,61,255" />
<Option name="style" type="QString" value="no" />
</Option>
</layer>
<layer class="LinePatternFill">
<Option type="Map">
<Option name="angle" type="QString" value="45" />
<Option name="distance" type="QString" value="3.2" />
<Option name="line_width" type="QString" value="0" />
</Option>
<symbol name="@6@1" type="line">
<layer class="SimpleLine">
<Option type="Map">
<Option name="capstyle" type="QString" value="round" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="line_color" type="QString" value="32,36,43,255" />
<Option name="line_width" type="QString" value="0.28" />
</Option>
</layer>
</symbol>
</layer>
<layer class="LinePatternFill">
<Option type="Map">
<Option name="angle" type="QString" value="45" />
<Option name="distance" type="QString" value="3.2" />
<Option name="line_width" type="QString" value="0" />
<Option name="offset" type="QString" value="0.28" />
</Option>
<symbol name="@6@2" type="line">
<layer class="SimpleLine">
<Option type="Map">
<Option name="capstyle" type="QString" value="round" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="line_color" type="QString" value="255,255,255,255" />
<Option name="line_width" type="QString" value="0.28" />
</Option>
</layer>
</symbol>
</layer>
</symbol>
<symbol name="7" type="fill">
<layer class="SimpleFill">
<Option type="Map">
<Option name="color" type="QString" value="200,200,200,255" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="outline_color" type="QString" value="61,61,61,255" />
</Option>
</layer>
<layer class="LinePatternFill">
<Option type="Map">
<Option name="angle" type="QString" value="45" />
<Option name="distance" type="QString" value="3.2" />
<Option name="line_width" type="QString" value="0" />
</Option>
<symbol name="@7@1" type="line">
<layer class="SimpleLine">
<Option type="Map">
<Option name="capstyle" type="QString" value="round" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="line_color" type="QString" value="110,110,110,255" />
<Option name="line_width" type="QString" value="0.28" />
</Option>
</layer>
</symbol>
</layer>
</symbol>
<symbol name="8" type="fill">
<layer class="SimpleFill">
<Option type="Map">
<Option name="color" type="QString" value="241,241,241,255" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="outline_color" type="QString" value="61,61,61,255" />
</Option>
</layer>
<layer class="LinePatternFill">
<Option type="Map">
<Option name="angle" type="QString" value="135" />
<Option name="distance" type="QString" value="3.2" />
<Option name="line_width" type="QString" value="0" />
</Option>
<symbol name="@8@1" type="line">
<layer class="SimpleLine">
<Option type="Map">
<Option name="capstyle" type="QString" value="round" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="line_color" type="QString" value="155,155,155,255" />
<Option name="line_width" type="QString" value="0.28" />
</Option>
</layer>
</symbol>
</layer>
</symbol>
<symbol name="9" type="fill">
<layer class="SimpleFill">
<Option type="Map">
<Option name="color" type="QString" value="247,247,247,255" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="outline_color" type="QString" value="61,61,61,255" />
</Option>
</layer>
</symbol>
</symbols>
</renderer-v2>
<labeling type="rule-based">
<rules key="wurzel">
<rule description="typ01_beschriftung" key="typ01_beschriftung">
<settings>
<text-style fieldName="if(@map_scale &gt; 100000, &quot;gebiet&quot;, wordwrap(replace(&quot;name&quot;, ' (vorläufig)', ''), 19)) || '\n' || coalesce('Typ ' || &quot;typ&quot;, if(&quot;status&quot; = 'geheim', 'geheim', 'k. A.'))" fontFamily="DejaVu Sans" fontItalic="0" fontSize="8" fontWeight="50" isExpression="1" multilineHeight="0.94999999999999996" namedStyle="Book" textColor="0,0,0,255">
<text-buffer bufferColor="255,255,255,255" bufferDraw="1" bufferJoinStyle="128" bufferNoFill="1" bufferOpacity="0.84999999999999998" bufferSize="0.80000000000000004" />
<dd_properties>
<Option type="Map" />
</dd_properties>
</text-style>
<text-format decimals="3" multilineAlign="1" />
<placement offsetUnits="MM" placement="4" placementFlags="10" priority="5" />
<rendering obstacleType="1" />
<dd_properties>
<Option type="Map">
<Option name="name" type="QString" value="" />
<Option name="properties" type="Map">
<Option name="BufferColor" type="Map">
<Option name="active" type="bool" value="true" />
<Option name="expression" type="QString" value="@symbol_color" />
<Option name="type" type="int" value="3" />
</Option>
<Option name="Color" type="Map">
<Option name="active" type="bool" value="true" />
<Option name="expression" type="QString" value="if(&quot;typ&quot; = 3 OR &quot;typ&quot; = 6, '#ffffff', '#000000')" />
<Option name="type" type="int" value="3" />
</Option>
</Option>
<Option name="type" type="QString" value="collection" />
</Option>
</dd_properties>
</settings>
</rule>
<rule description="hinweis" filter="bounds_width(transform(@map_extent, @map_crs, 'EPSG:25832')) / @map_scale &gt; 0.08" key="hinweis">
<settings>
<text-style fieldName="wordwrap('Sozialbericht Norderstedt' || ': Gebietstypen' || coalesce(' ' || null, '') || if(&quot;hinweis&quot; &lt;&gt; '', '; ' || &quot;hinweis&quot;, ''), max(30, to_int(bounds_width(transform(@map_extent, @map_crs, 'EPSG:25832')) / @map_scale / 0.0017)))" fontFamily="DejaVu Sans" fontItalic="1" fontSize="8" fontWeight="50" isExpression="1" multilineHeight="0.94999999999999996" namedStyle="Oblique" textColor="64,64,64,255">
<text-buffer bufferColor="255,255,255,255" bufferDraw="1" bufferJoinStyle="128" bufferNoFill="1" bufferOpacity="0.84999999999999998" bufferSize="0.80000000000000004" />
<dd_properties>
<Option type="Map" />
</dd_properties>
</text-style>
<text-format decimals="3" multilineAlign="0" />
<placement offsetUnits="MM" placement="1" placementFlags="10" priority="10" />
<rendering obstacleType="1" />
<dd_properties>
<Option type="Map">
<Option name="name" type="QString" value="" />
<Option name="properties" type="Map">
<Option name="Color" type="Map">
<Option name="active" type="bool" value="true" />
<Option name="expression" type="QString" value="if(&quot;hinweis&quot; &lt;&gt; '', '#8a1c1c', '#404040')" />
<Option name="type" type="int" value="3" />
</Option>
<Option name="Hali" type="Map">
<Option name="active" type="bool" value="true" />
<Option name="type" type="int" value="1" />
<Option name="val" type="QString" value="Left" />
</Option>
<Option name="PositionX" type="Map">
<Option name="active" type="bool" value="true" />
<Option name="expression" type="QString" value="x(transform(make_point(x_min(@map_extent) + 0.008 * (x_max(@map_extent) - x_min(@map_extent)), y_min(@map_extent) + 0.008 * (y_max(@map_extent) - y_min(@map_extent))), @map_crs, 'EPSG:25832'))" />
<Option name="type" type="int" value="3" />
</Option>
<Option name="PositionY" type="Map">
<Option name="active" type="bool" value="true" />
<Option name="expression" type="QString" value="y(transform(make_point(x_min(@map_extent) + 0.008 * (x_max(@map_extent) - x_min(@map_extent)), y_min(@map_extent) + 0.008 * (y_max(@map_extent) - y_min(@map_extent))), @map_crs, 'EPSG:25832'))" />
<Option name="type" type="int" value="3" />
</Option>
<Option name="Vali" type="Map">
<Option name="active" type="bool" value="true" />
<Option name="type" type="int" value="1" />
<Option name="val" type="QString" value="Bottom" />
</Option>
</Option>
<Option name="type" type="QString" value="collection" />
</Option>
</dd_properties>
</settings>
</rule>
</rules>
</labeling>
<blendMode>0</blendMode>
<featureBlendMode>0</featureBlendMode>
<mapTip>&lt;div style="font-family: sans-serif; white-space: nowrap"&gt;&lt;b&gt;[% "name" %]&lt;/b&gt; ([% "gebiet" %])&lt;br&gt;
[% wordwrap("titel", 60, ' ') %]&lt;br&gt;
&lt;b&gt;[% coalesce("typ_name", if("status" = 'geheim', 'geheim gehalten', 'keine Angabe')) %]&lt;/b&gt;&lt;br&gt;
[% replace(wordwrap(coalesce("beschreibung", ''), 60), '\n', '&lt;br&gt;') %]&lt;br&gt;
&lt;i&gt;[% "hinweis" %]&lt;/i&gt;&lt;/div&gt;</mapTip>
<layerGeometryType>2</layerGeometryType>
</qgis>
