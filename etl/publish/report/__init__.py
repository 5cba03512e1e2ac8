"""The Sozialbericht as HTML and PDF: chapters from YAML, figures from the views, the office's own texts beside them."""
