<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis labelsEnabled="1" styleCategories="Symbology|Labeling|MapTips" version="3.22.16-Białowieża">
<renderer-v2 type="RuleRenderer">
<rules key="wurzel">
<rule key="titel" label="Gesamtindex Status und Dynamik, 31.12.">
<rule filter="&quot;klasse&quot; = 11" key="idx03_klasse_11" label="hoch, positiv (+)" symbol="0" />
<rule filter="&quot;klasse&quot; = 13" key="idx03_klasse_13" label="hoch, stabil (=)" symbol="1" />
<rule filter="&quot;klasse&quot; = 15" key="idx03_klasse_15" label="hoch, negativ (−)" symbol="2" />
<rule filter="&quot;klasse&quot; = 21" key="idx03_klasse_21" label="mittel, positiv (+)" symbol="3" />
<rule filter="&quot;klasse&quot; = 23" key="idx03_klasse_23" label="mittel, stabil (=)" symbol="4" />
<rule filter="&quot;klasse&quot; = 25" key="idx03_klasse_25" label="mittel, negativ (−)" symbol="5" />
<rule filter="&quot;klasse&quot; = 31" key="idx03_klasse_31" label="niedrig, positiv (+)" symbol="6" />
<rule filter="&quot;klasse&quot; = 33" key="idx03_klasse_33" label="niedrig, stabil (=)" symbol="7" />
<rule filter="&quot;klasse&quot; = 35" key="idx03_klasse_35" label="niedrig, negativ (−)" symbol="8" />
<rule filter="&quot;klasse&quot; = 41" key="idx03_klasse_41" label="sehr niedrig, positiv (+)" symbol="9" />
<rule filter="&quot;klasse&quot; = 43" key="idx03_klasse_43" label="sehr niedrig, stabil (=)" symbol="10" />
<rule filter="&quot;klasse&quot; = 45" key="idx03_klasse_45" label="sehr niedrig, negativ (−)" symbol="11" />
<rule filter="&quot;klasse&quot; IS NOT NULL AND NOT &quot;stabil&quot;" key="idx03_nicht_gesichert" label="Klasse nicht gesichert" symbol="12" />
<rule filter="&quot;status&quot; = 'geheim'" key="idx03_geheim" label="geheim gehalten" symbol="13" />
<rule filter="&quot;status&quot; = 'nicht_vergleichbar'" key="idx03_nicht_vergleichbar" label="nicht vergleichbar" symbol="14" />
<rule filter="ELSE" key="idx03_keine_angabe" label="keine Angabe" symbol="15" />
</rule>
</rules>
<symbols>
<symbol name="0" type="fill">
<layer class="SimpleFill">
<Option type="Map">
<Option name="color" type="QString" value="251,238,194,255" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="outline_color" type="QString" value="61,61,61,255" />
</Option>
</layer>
</symbol>
<symbol name="1" type="fill">
<layer class="SimpleFill">
<Option type="Map">
<Option name="color" type="QString" value="251,238,194,255" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="outline_color" type="QString" value="61,61,61,255" />
</Option>
</layer>
</symbol>
<symbol name="10" type="fill">
<layer class="SimpleFill">
<Option type="Map">
<Option name="color" type="QString" value="85,26,69,255" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="outline_color" type="QString" value="255,255,255,255" />
</Option>
</layer>
</symbol>
<symbol name="11" type="fill">
<layer class="SimpleFill">
<Option type="Map">
<Option name="color" type="QString" value="85,26,69,255" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="outline_color" type="QString" value="255,255,255,255" />
</Option>
</layer>
</symbol>
<symbol name="12" type="fill">
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
<symbol name="@12@1" type="line">
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
<symbol name="@12@2" type="line">
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
<symbol name="13" type="fill">
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
<symbol name="@13@1" type="line">
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
<symbol name="14" type="fill">
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
<symbol name="@14@1" type="line">
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
<symbol name="15" type="fill">
<layer class="SimpleFill">
<Option type="Map">
<Option name="color" type="QString" value="247,247,247,255" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="outline_color" type="QString" value="61,61,61,255" />
</Option>
</layer>
</symbol>
<symbol name="2" type="fill">
<layer class="SimpleFill">
<Option type="Map">
<Option name="color" type="QString" value="251,238,194,255" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="outline_color" type="QString" value="61,61,61,255" />
</Option>
</layer>
</symbol>
<symbol name="3" type="fill">
<layer class="SimpleFill">
<Option type="Map">
<Option name="color" type="QString" value="238,169,99,255" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="outline_color" type="QString" value="61,61,61,255" />
</Option>
</layer>
</symbol>
<symbol name="4" type="fill">
<layer class="SimpleFill">
<Option type="Map">
<Option name="color" type="QString" value="238,169,99,255" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="outline_color" type="QString" value="61,61,61,255" />
</Option>
</layer>
</symbol>
<symbol name="5" type="fill">
<layer class="SimpleFill">
<Option type="Map">
<Option name="color" type="QString" value="238,169,99,255" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="outline_color" type="QString" value="61,61,61,255" />
</Option>
</layer>
</symbol>
<symbol name="6" type="fill">
<layer class="SimpleFill">
<Option type="Map">
<Option name="color" type="QString" value="186,85,64,255" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="outline_color" type="QString" value="255,255,255,255" />
</Option>
</layer>
</symbol>
<symbol name="7" type="fill">
<layer class="SimpleFill">
<Option type="Map">
<Option name="color" type="QString" value="186,85,64,255" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="outline_color" type="QString" value="255,255,255,255" />
</Option>
</layer>
</symbol>
<symbol name="8" type="fill">
<layer class="SimpleFill">
<Option type="Map">
<Option name="color" type="QString" value="186,85,64,255" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="outline_color" type="QString" value="255,255,255,255" />
</Option>
</layer>
</symbol>
<symbol name="9" type="fill">
<layer class="SimpleFill">
<Option type="Map">
<Option name="color" type="QString" value="85,26,69,255" />
<Option name="joinstyle" type="QString" value="round" />
<Option name="outline_color" type="QString" value="255,255,255,255" />
</Option>
</layer>
</symbol>
</symbols>
</renderer-v2>
<labeling type="rule-based">
<rules key="wurzel">
<rule description="idx03_beschriftung" key="idx03_beschriftung">
<settings>
<text-style fieldName="if(@map_scale &gt; 100000, &quot;gebiet&quot;, wordwrap(replace(&quot;name&quot;, ' (vorläufig)', ''), 19)) || '\n' || coalesce(&quot;klasse_name&quot;, if(&quot;status&quot; = 'geheim', 'geheim', 'k. A.'))" fontFamily="DejaVu Sans" fontItalic="0" fontSize="8" fontWeight="50" isExpression="1" multilineHeight="0.94999999999999996" namedStyle="Book" textColor="0,0,0,255">
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
<Option name="expression" type="QString" value="if(&quot;klasse&quot; = 31 OR &quot;klasse&quot; = 33 OR &quot;klasse&quot; = 35 OR &quot;klasse&quot; = 41 OR &quot;klasse&quot; = 43 OR &quot;klasse&quot; = 45, '#ffffff', '#000000')" />
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
<text-style fieldName="wordwrap('Sozialbericht Norderstedt' || ': Gesamtindex Status und Dynamik' || coalesce(' ' || maximum(&quot;zeitraum&quot;), '') || if(&quot;hinweis&quot; &lt;&gt; '', '; ' || &quot;hinweis&quot;, ''), max(30, to_int(bounds_width(transform(@map_extent, @map_crs, 'EPSG:25832')) / @map_scale / 0.0017)))" fontFamily="DejaVu Sans" fontItalic="1" fontSize="8" fontWeight="50" isExpression="1" multilineHeight="0.94999999999999996" namedStyle="Oblique" textColor="64,64,64,255">
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
[% "titel" %] [% "zeitraum" %]&lt;br&gt;
&lt;b&gt;[% CASE WHEN "klasse_name" IS NOT NULL THEN "klasse_name" WHEN "status" = 'geheim' THEN 'geheim gehalten' ELSE 'keine Angabe' END %]&lt;/b&gt;&lt;br&gt;
[% coalesce('Rang ' || "rang_von" || ' bis ' || "rang_bis" || ' von ' || "gebiete" || '&lt;br&gt;', '') %][% coalesce('Die Klasse bleibt in ' || format_number(100 * "stabilitaet", 0, 'de') || ' % der Wiederholungen mit veränderten Annahmen', '') %]&lt;br&gt;
&lt;i&gt;[% "hinweis" %]&lt;/i&gt;&lt;/div&gt;</mapTip>
<layerGeometryType>2</layerGeometryType>
</qgis>
