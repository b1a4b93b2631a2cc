"""What does a cluster answer to those who read: objects, lists, Tables, watches, discovery?"""
