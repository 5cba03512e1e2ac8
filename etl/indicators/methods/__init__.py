"""Statistical methods as plain functions over arrays: intervals, comparison, trends, indices, inequality.

They know neither database nor catalogue; missing values are NaN and stay NaN.
"""
