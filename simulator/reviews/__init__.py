"""What does a cluster answer to those who ask after themselves and after rights?"""
