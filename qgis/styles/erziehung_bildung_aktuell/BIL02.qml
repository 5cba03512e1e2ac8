<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis labelsEnabled="1" styleCategories="Symbology|Labeling|MapTips" version="3.22.16-Białowieża">
<renderer-v2 type="RuleRenderer">
<rules key="wurzel">
<rule key="titel" label="Betreuungsquote von 1 bis unter 3 Jahren (%), 01.03. (Einwohner am 31.12. davor)">
<rule filter="FALSE" key="bil02_quelle" label="Quelle: Einwohnermelderegister, Bestand (nur alleinige und Hauptwohnung), Kinder in Kindertageseinrichtungen und Kindertagespflege nach Wohnort" />
<rule filter="&quot;bil02_klasse&quot; = 1" key="bil02_klasse_1" label="unter 42 %" symbol="0" />
<rule filter="&quot;bil02_klasse&quot; = 2" key="bil02_klasse_2" label="42 bis unter 50 %" symbol="1" />
<rule filter="&quot;bil02_klasse&quot; = 3" key="bil02_klasse_3" label="50 bis unter 58 %" symbol="2" />
<rule filter="&quot;bil02_klasse&quot; = 4" key="bil02_klasse_4" label="58 bis unter 66 %" symbol="3" />
<rule filter="&quot;bil02_klasse&quot; = 5" key="bil02_klasse_5" label="66 bis unter 74 %" symbol="4" />
<rule filter="&quot;bil02_klasse&quot; = 6" key="bil02_klasse_6" label="74 % und mehr" symbol="5" />
<rule filter="&quot;bil02_signifikanz&quot; = 'nicht_unterscheidbar'" key="bil02_nicht_unterscheidbar" label="nicht von der Stadt unterscheidbar" symbol="6" />
<rule filter="&quot;bil02_status&quot; = 'geheim'" key="bil02_geheim" label="geheim gehalten" symbol="7" />
<rule filter="&quot;bil02_status&quot; = 'nicht_vergleichbar'" key="bil02_nicht_vergleichbar" label="nicht vergleichbar" symbol="8" />
<rule filter="ELSE" key="bil02_keine_angabe" label="keine Angabe" symbol="9" />
</rule>
</rules>
<symbols>
<symbol name="0" type="fill">
<layer class="SimpleFill">
<Option type="Map">
<Option name="color" type="QString" value="214,231,248,255" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="outline_color" type="QString" value="61,61,61,255" />
</Option>
</layer>
</symbol>
<symbol name="1" type="fill">
<layer class="SimpleFill">
<Option type="Map">
<Option name="color" type="QString" value="182,207,235,255" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="outline_color" type="QString" value="61,61,61,255" />
</Option>
</layer>
</symbol>
<symbol name="2" type="fill">
<layer class="SimpleFill">
<Option type="Map">
<Option name="color" type="QString" value="143,175,218,255" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="outline_color" type="QString" value="61,61,61,255" />
</Option>
</layer>
</symbol>
<symbol name="3" type="fill">
<layer class="SimpleFill">
<Option type="Map">
<Option name="color" type="QString" value="102,138,195,255" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="outline_color" type="QString" value="61,61,61,255" />
</Option>
</layer>
</symbol>
<symbol name="4" type="fill">
<layer class="SimpleFill">
<Option type="Map">
<Option name="color" type="QString" value="66,95,163,255" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="outline_color" type="QString" value="255,255,255,255" />
</Option>
</layer>
</symbol>
<symbol name="5" type="fill">
<layer class="SimpleFill">
<Option type="Map">
<Option name="color" type="QString" value="37,47,114,255" />
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
<rule description="bil02_beschriftung" key="bil02_beschriftung">
<settings>
<text-style fieldName="if(@map_scale &gt; 100000, &quot;gebiet&quot;, wordwrap(replace(&quot;name&quot;, ' (vorläufig)', ''), 19)) || '\n' || CASE WHEN &quot;bil02_status&quot; = 'gueltig' THEN replace(format_number(&quot;bil02&quot;, 1, 'de'), '-', '−') || ' %' WHEN &quot;bil02_status&quot; = 'unsicher' THEN replace(format_number(&quot;bil02&quot;, 1, 'de'), '-', '−') || ' %' || ' (unsicher)' WHEN &quot;bil02_status&quot; = 'geheim' THEN 'geheim' WHEN &quot;bil02_status&quot; = 'folgt' THEN 'folgt' WHEN &quot;bil02_status&quot; = 'fehlt' THEN 'k. A.' WHEN &quot;bil02_status&quot; = 'nicht_sinnvoll' THEN 'nicht sinnvoll' WHEN &quot;bil02_status&quot; = 'nicht_vergleichbar' THEN 'nicht vergleichbar' ELSE 'k. A.' END" fontFamily="DejaVu Sans" fontItalic="0" fontSize="8" fontWeight="50" isExpression="1" multilineHeight="0.94999999999999996" namedStyle="Book" textColor="0,0,0,255">
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
<Option name="expression" type="QString" value="if(&quot;bil02_klasse&quot; = 5 OR &quot;bil02_klasse&quot; = 6, '#ffffff', '#000000')" />
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
<text-style fieldName="wordwrap('Sozialbericht Norderstedt' || ': Betreuungsquote von 1 bis unter 3 Jahren' || coalesce(' ' || maximum(&quot;bil02_zeitraum&quot;), '') || '. Quelle: Einwohnermelderegister, Bestand (nur alleinige und Hauptwohnung), Kinder in Kindertageseinrichtungen und Kindertagespflege nach Wohnort' || if(&quot;hinweis&quot; &lt;&gt; '', '; ' || &quot;hinweis&quot;, ''), max(30, to_int(bounds_width(transform(@map_extent, @map_crs, 'EPSG:25832')) / @map_scale / 0.0017)))" fontFamily="DejaVu Sans" fontItalic="1" fontSize="8" fontWeight="50" isExpression="1" multilineHeight="0.94999999999999996" namedStyle="Oblique" textColor="64,64,64,255">
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
Betreuungsquote von 1 bis unter 3 Jahren&lt;br&gt;
&lt;b&gt;[% CASE WHEN "bil02_status" = 'gueltig' THEN replace(format_number("bil02", 1, 'de'), '-', '−') || ' %' WHEN "bil02_status" = 'unsicher' THEN replace(format_number("bil02", 1, 'de'), '-', '−') || ' %' || ' (unsicher)' WHEN "bil02_status" = 'geheim' THEN 'geheim gehalten' WHEN "bil02_status" = 'folgt' THEN 'folgt später' WHEN "bil02_status" = 'fehlt' THEN 'keine Angabe' WHEN "bil02_status" = 'nicht_sinnvoll' THEN 'nicht sinnvoll' WHEN "bil02_status" = 'nicht_vergleichbar' THEN 'nicht vergleichbar' ELSE 'keine Angabe' END %]&lt;/b&gt;[% coalesce('&lt;br&gt;95-%-Konfidenzintervall ' || replace(format_number("bil02_ki_u", 1, 'de'), '-', '−') || ' bis ' || replace(format_number("bil02_ki_o", 1, 'de'), '-', '−') || coalesce(', verglichen mit der Stadt: ' || map_get(map('hoeher', 'höher', 'niedriger', 'niedriger', 'nicht_unterscheidbar', 'nicht unterscheidbar'), "bil02_signifikanz"), ''), '') %]&lt;br&gt;
Zeitraum [% coalesce("bil02_zeitraum", '–') %][% coalesce('&lt;br&gt;Trend der fünf Jahre bis dahin: ' || map_get(map('steigend', 'steigend', 'fallend', 'fallend', 'kein_trend', 'kein Trend'), "bil02_trend"), '') %][% with_variable('r', coalesce(aggregate(layer:='sozialbericht_wert', aggregate:='array_agg', expression:=array(year("von"), "wert"), filter:="kennzahl" = 'BIL02' AND "gruppe" = 'insgesamt' AND "aktuell" AND "wert" IS NOT NULL AND "gebiet" = attribute(@parent, 'gebiet') AND "ebene" = attribute(@parent, 'ebene') AND "gebietsstand" = attribute(@parent, 'gebietsstand'), order_by:="von"), array()), with_variable('s', array_filter(coalesce(aggregate(layer:='sozialbericht_wert', aggregate:='array_agg', expression:=array(year("von"), "wert"), filter:="kennzahl" = 'BIL02' AND "gruppe" = 'insgesamt' AND "aktuell" AND "wert" IS NOT NULL AND "ebene" = 'stadt' AND "gebietsstand" = attribute(@parent, 'gebietsstand'), order_by:="von"), array()), @element[0] &gt;= array_min(array_foreach(@r, @element[0]))), with_variable('a', array_min(array_foreach(@r, @element[0])), with_variable('b', array_max(array_foreach(@r, @element[0])), with_variable('u', array_min(array_foreach(array_cat(@r, @s), @element[1])), with_variable('o', array_max(array_foreach(array_cat(@r, @s), @element[1])), if(array_length(@r) &lt; 3 OR @b = @a, '', '&lt;br&gt;&lt;img width="230" height="76" src="data:image/svg+xml;base64,' || to_base64('&lt;svg xmlns="http://www.w3.org/2000/svg" width="230" height="76"&gt;' || '&lt;polyline fill="none" stroke="#8a8a8a" stroke-width="1.5" points="' || array_to_string(array_foreach(@s, round(8 + 214 * (@element[0] - @a) / (@b - @a), 1) || ',' || round(48 - 40 * (@element[1] - @u) / coalesce(nullif(@o - @u, 0), 1), 1)), ' ') || '"/&gt;' || '&lt;polyline fill="none" stroke="#1c2f6b" stroke-width="2.5" points="' || array_to_string(array_foreach(@r, round(8 + 214 * (@element[0] - @a) / (@b - @a), 1) || ',' || round(48 - 40 * (@element[1] - @u) / coalesce(nullif(@o - @u, 0), 1), 1)), ' ') || '"/&gt;' || '&lt;text y="66" font-family="sans-serif" font-size="11" x="8"&gt;' || @a || '&lt;/text&gt;&lt;text y="66" font-family="sans-serif" font-size="11" x="222" text-anchor="end"&gt;' || @b || '&lt;/text&gt;' || '&lt;text y="66" font-family="sans-serif" font-size="11" x="70" fill="#1c2f6b" font-weight="bold"&gt;Gebiet&lt;/text&gt;' || '&lt;text y="66" font-family="sans-serif" font-size="11" x="125" fill="#8a8a8a"&gt;Stadt&lt;/text&gt;&lt;/svg&gt;') || '"&gt;'))))))) %]&lt;br&gt;
&lt;i&gt;[% "hinweis" %]&lt;/i&gt;&lt;/div&gt;</mapTip>
<layerGeometryType>2</layerGeometryType>
</qgis>
